//! The built-in world: see `serve --demo`.
