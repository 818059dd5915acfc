#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| filament_fuzz::sealed::check(input));
