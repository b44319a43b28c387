// A React hook: the assessment of an experiment by its observations, as of `now`; computed anew when one of them changes.
//
//     const { assessment, error } = useAssessment(experiment, observations, now)

import init, { assess } from 'iter8-analytics'
import { useEffect, useState } from 'react'

export function useAssessment(experiment, observations, now) {
  const [state, setState] = useState({})
  useEffect(() => {
    let isCurrent = true
    init()
      .then(() => ({ assessment: assess(experiment, observations, { now }) }))
      .catch(error => ({ error }))
      .then(next => isCurrent && setState(next))
    return () => {
      isCurrent = false
    }
  }, [experiment, observations, now])
  return state
}
