//! What Thinkific is known to do, against its stand-in.
