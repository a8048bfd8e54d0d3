import type { Story } from './story.ts'
import { waitForObject } from './wait.ts'

/** Lines of a run's log that tell a reader how it goes. */
const TELLING = /##\[section\]|^\S+ (Successfully|Run ID|Login Succeeded|STEP)|saved|Successfully packaged|##\[error\]/

/** Follows the log of a run live, line by line, until the run ends; only the lines that tell something. */
export async function followRun(story: Story, name: string, onLine: (line: string) => void): Promise<void> {
  await waitForObject(
    story.client,
    { apiVersion: 'slipway.dev/v1alpha1', kind: 'PipelineRun', namespace: 'slipway-system', name },
    () => true,
  )
  const response = await fetch(`${story.instance.http}/runs/${name}/log?follow=1`, { headers: story.adminHeaders })
  if (!response.body) return
  let rest = ''
  const decoder = new TextDecoder()
  for await (const chunk of response.body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const text = line.replace(/^\d{4}-\d\d-\d\dT\S+ /, '')
      if (TELLING.test(text)) onLine(text.replace('##[section]', ''))
    }
  }
}
