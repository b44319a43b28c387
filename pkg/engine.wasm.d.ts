/**
 * The engine's WebAssembly module, for `init({ module })`.
 *
 * What it is, is the bundler's choice: with esbuild's loader `binary` the bytes, with `file` their address.
 */
declare const engine: string | object
export default engine
