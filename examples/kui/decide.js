// What Kui does at a click on "Get Assessment", without a server: its request, its call, its decision form as text.
//
//     node decide.js request.json http://localhost:9090        computed in this process
//     node decide.js request.json http://localhost:8080 http   by a server of ours or of v1.0.0, as Kui does today

import { readFileSync } from 'node:fs'
import { argv, exit } from 'node:process'

import { createXMLHttpRequest } from 'iter8-analytics/kui'

const [, , file, address, way] = argv
const request = JSON.parse(readFileSync(file, 'utf8'))

// In Kui this is the one line that is new: what follows it stays. (Kui's own class is the browser's.)
const XMLHttpRequest = way === 'http' ? await overHttp() : createXMLHttpRequest({ prometheus: address })

const text = await new Promise((resolve, reject) => {
  const call = new XMLHttpRequest()
  call.open('POST', `${address}/assessment`, true)
  call.setRequestHeader('Content-Type', 'application/json')
  call.send(JSON.stringify(request))
  call.onreadystatechange = () => {
    if (call.readyState !== 4) return
    if (call.status === 200) resolve(call.responseText)
    else reject(new Error(`${call.status}: ${call.responseText}`))
  }
}).catch(error => {
  console.error(error.message)
  exit(1)
})

const { winner_assessment: winner, baseline_assessment: baseline, candidate_assessments: candidates, traffic_split_recommendation: splits, notes } = JSON.parse(text)
const percent = Number(winner.probability_of_winning_for_best_version).toFixed(4)
console.log(`Winner found: ${winner.winning_version_found}; best version ${winner.current_best_version}, probability ${percent}`)
const row = (version, type, rollback) => ({
  Deployment: version.id,
  Type: type,
  'Request Count': version.request_count,
  'Win Probability': version.win_probability,
  'Roll Back Recommended': rollback,
  ...Object.fromEntries(Object.entries(splits).map(([strategy, split]) => [strategy, `${split[version.id]} %`])),
})
console.table([row(baseline, 'baseline', '-'), ...candidates.map(one => row(one, 'candidate', one.rollback.toString()))])
for (const { severity, message } of notes ?? []) console.log(`${severity}: ${message}`)

/** A class like the browser's, which Node does not have. */
async function overHttp() {
  return class {
    open(method, url) {
      this.method = method
      this.url = url
    }

    setRequestHeader(name, value) {
      this.headers = { ...this.headers, [name]: value }
    }

    async send(body) {
      const reply = await fetch(this.url, { method: this.method, headers: this.headers, body })
      Object.assign(this, { status: reply.status, responseText: await reply.text(), readyState: 4 })
      this.onreadystatechange()
    }
  }
}
