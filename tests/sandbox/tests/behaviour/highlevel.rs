//! What HighLevel is known to do, against its stand-in.
