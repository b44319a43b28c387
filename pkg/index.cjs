// The engine for require(): it is loaded from disk while this file is.
const { queries, observe, assess, simulate, fromResource, toStatus, version } = require('./wasm/iter8_analytics.cjs')

Object.defineProperty(exports, '__esModule', { value: true })
exports.default = async function init() {}
exports.queries = queries
exports.observe = observe
exports.assess = assess
exports.simulate = simulate
exports.fromResource = fromResource
exports.toStatus = toStatus
exports.version = version
