//! Standin.
