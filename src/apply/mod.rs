//! A plan to effects: each step is announced, done, read back, and can be taken back.

mod deed;
