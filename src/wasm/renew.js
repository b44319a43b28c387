// Put behind wasm-bindgen's glue, whose names it uses: an engine that starts anew, which the glue lacks.

/** Goes on with a fresh instance of the module that is loaded. */
export function renew() {
  __wbg_finalize_init(new WebAssembly.Instance(wasmModule, __wbg_get_imports()), wasmModule)
}

/** As if nothing had been loaded: what was given is no engine. */
export function forget() {
  wasm = __wbg_init_promise = undefined
}
