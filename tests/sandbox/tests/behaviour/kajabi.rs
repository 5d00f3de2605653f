//! What Kajabi is known to do, against its stand-in.
