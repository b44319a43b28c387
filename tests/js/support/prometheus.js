// A Prometheus that knows what each workload did a second: instant and range queries of `increase`, to the last bit the
// same at every look.

import { createServer } from 'node:http'

/** `rates`: workload -> what happens a second, by a word of the query. Gives the address, what was asked, and an end. */
export async function prometheus(rates, { labels = ofBookinfo, since = 0 } = {}) {
  const asked = []
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://x')
    let text = ''
    for await (const part of request) text += part
    const parameters = request.method === 'POST' ? new URLSearchParams(text) : url.searchParams
    asked.push(parameters.get('query'))
    const headers = { 'content-type': 'application/json', 'access-control-allow-origin': '*' }
    response.writeHead(200, headers).end(JSON.stringify({ status: 'success', data: data(Object.fromEntries(parameters)) }))
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))

  function data({ query, time, start, end, step }) {
    if (query.startsWith('max(count_over_time')) return { resultType: 'vector', result: [{ metric: {}, value: [Number(time), '20'] }] }
    const seconds = Number(/\[(\d+)s\]/.exec(query)?.[1])
    const isNewborn = / unless |offset/.test(query)
    const rate = (workload, at) => {
      const [, value] = Object.entries(rates[workload]).find(([word]) => query.includes(word)) ?? []
      return value === undefined ? undefined : typeof value === 'function' ? value(at) : value
    }
    const series = Object.keys(rates).filter(workload => rate(workload, since) !== undefined)
    if (start === undefined) {
      return { resultType: 'vector', result: series.map(one => ({ metric: labels(one), value: [Number(time), String(rate(one, Number(time)) * seconds)] })) }
    }
    if (isNewborn) return { resultType: 'matrix', result: [] }
    const times = []
    for (let at = Number(start); at <= Number(end); at += Number(step)) times.push(at)
    return { resultType: 'matrix', result: series.map(one => ({ metric: labels(one), values: times.map(at => [at, String(rate(one, at) * seconds)]) })) }
  }

  return { address: `http://127.0.0.1:${server.address().port}`, asked, end: () => server.close() }
}

/** A value around `mean`, another at each time, the same each time. */
export const about = (mean, spread = 0.2) => at => mean * (1 + spread * Math.sin(at * 12.9898) * Math.sin(at * 78.233))

const ofBookinfo = workload => ({ destination_workload: workload, destination_workload_namespace: 'bookinfo' })
