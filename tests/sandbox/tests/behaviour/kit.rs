//! What Kit is known to do, against its stand-in.
