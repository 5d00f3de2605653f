//! What Circle is known to do, against its stand-in.
