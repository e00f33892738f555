//! Bytes ⇄ records, one format a file. Nothing here reads files, sockets or the clock.
