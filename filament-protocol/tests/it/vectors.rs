//! The committed vectors (`vectors/`), against the generator, the decoders and a JSON Schema validator.

mod committed;
mod decoder;
mod differences;
mod file;
mod json_schema;
mod validate;
