// Routing weights and time -> the counters that a mesh would have of a service's versions, as Prometheus scrapes them.
//
// Requests arrive evenly, are routed at random by the weights, take gamma-distributed times and buy books; each is counted
// when it ends. A version has no series before its first request, as in Istio. Not here: who sets the weights.

/** A service in a namespace of its own; `speed` times as many requests a second as its story says. */
export class Service {
  #versions
  #weights
  #random
  #rate
  #since
  #arrived = 0
  /** What has arrived and not ended: `{ at, version, latency, books }`. */
  #pending = []

  constructor({ versions, requestsPerSecond }, namespace, { speed, seed }) {
    this.namespace = namespace
    this.#versions = versions.map(version => ({ ...version, requests: 0, errors: 0, latency: 0, within: 0, books: 0 }))
    this.#weights = [[versions[0].name, 100]]
    this.#random = generator(seed)
    this.#rate = requestsPerSecond * speed
  }

  /** Traffic begins. */
  open() {
    this.#since = Date.now()
  }

  /** From now on traffic falls by these weights, `[version, percent]`; one version may have several. */
  route(weights) {
    this.#catchUp()
    this.#weights = weights
  }

  /** What each version has served. */
  counts() {
    this.#catchUp()
    return this.#versions.map(({ name, requests, books }) => ({ name, requests, books }))
  }

  /** Lines of Prometheus' text format, by the name of the metric. */
  lines() {
    this.#catchUp()
    const found = { requests: [], latency: [], books: [] }
    for (const { name, requests, errors, latency, within, books, sells } of this.#versions) {
      if (requests === 0) continue
      const version = `destination_workload="${name}",destination_workload_namespace="${this.namespace}"`
      const labels = `${version},reporter="source"`
      found.requests.push(`istio_requests_total{${labels},response_code="200"} ${requests - errors}`)
      if (errors > 0) found.requests.push(`istio_requests_total{${labels},response_code="500"} ${errors}`)
      for (const [le, count] of [['500', within], ['+Inf', requests]]) found.latency.push(`istio_request_duration_milliseconds_bucket{${labels},le="${le}"} ${count}`)
      found.latency.push(`istio_request_duration_milliseconds_sum{${labels}} ${Math.round(latency)}`, `istio_request_duration_milliseconds_count{${labels}} ${requests}`)
      if (sells) found.books.push(`number_of_books_purchased_total{${version}} ${books}`)
    }
    return found
  }

  // Whoever looks gets all that is due by then: a busy machine delays no request.
  #catchUp() {
    if (this.#since === undefined) return
    const now = Date.now()
    const due = Math.floor(((now - this.#since) / 1000) * this.#rate)
    for (; this.#arrived < due; this.#arrived++) this.#arrive(this.#since + (this.#arrived / this.#rate) * 1000)
    this.#pending = this.#pending.filter(request => request.at > now || this.#end(request))
  }

  #arrive(at) {
    let left = this.#random() * this.#weights.reduce((sum, [, weight]) => sum + weight, 0)
    const [name] = this.#weights.find(([, weight]) => (left -= weight) < 0) ?? this.#weights[0]
    const version = this.#versions.find(version => version.name === name)
    const { latencyMs, delay: [probability, delayMs] = [0, 0], sells: [least, most] = [0, 0] } = version
    // A sum of four exponentials: gamma with a standard deviation of half its mean.
    const product = this.#random() * this.#random() * this.#random() * this.#random()
    const latency = (-latencyMs / 4) * Math.log(product || Number.MIN_VALUE) + (this.#random() < probability ? delayMs : 0)
    const books = least + Math.floor(this.#random() * (most - least + 1))
    this.#pending.push({ at: at + latency, version, latency, books, failed: this.#random() < (version.errorRate ?? 0) })
  }

  #end({ version, latency, books, failed }) {
    version.requests++
    version.latency += latency
    if (failed) version.errors++
    else version.books += books
    if (latency <= 500) version.within++
    return false
  }
}

/** All services' metrics, as one page. */
export function exposition(services) {
  const all = services.map(service => service.lines())
  const family = (name, type, key) => [`# TYPE ${name} ${type}`, ...all.flatMap(lines => lines[key])]
  const families = [
    family('istio_requests_total', 'counter', 'requests'),
    family('istio_request_duration_milliseconds', 'histogram', 'latency'),
    family('number_of_books_purchased_total', 'counter', 'books'),
  ]
  return `${families.flat().join('\n')}\n`
}

/** Numbers from 0 to 1, the same for the same seed (Mulberry32). */
function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
