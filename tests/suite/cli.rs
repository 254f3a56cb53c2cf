//! The program as a citizen of the command line.
