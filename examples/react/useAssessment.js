// A React hook: the assessment of an experiment by its observations, as of `now`; computed anew when what one of them says changes.
//
//     const { assessment, error } = useAssessment(experiment, observations, now)

import init, { assess } from 'iter8-analytics'
import { useEffect, useState } from 'react'

export function useAssessment(experiment, observations, now) {
  const [state, setState] = useState({})
  // What they say and not which objects they are: made anew in each render, these would never come to rest.
  const said = JSON.stringify([experiment, observations, now])
  useEffect(() => {
    let isCurrent = true
    init()
      .then(() => ({ assessment: assess(experiment, observations, { now }) }))
      .catch(error => ({ error }))
      .then(next => isCurrent && setState(next))
    return () => {
      isCurrent = false
    }
  }, [said])
  return state
}
