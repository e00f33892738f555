//! The HTTP door: one file per resource; thin, everything is answered by `service`.
