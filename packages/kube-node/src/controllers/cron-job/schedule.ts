import { UserError } from '@slipway/errors'
import { Cron } from 'croner'

/** When something is to be done again and again. Times are milliseconds since 1970. */
export interface Schedule {
  /** The first time after `time`; undefined when there is none. */
  next(time: number): number | undefined
  /** The last time that is not after `time`, but after `since`; undefined when there is none. */
  last(since: number, time: number): number | undefined
}

const EVERY = /^@every\s+(.+)$/
const PREFIX = /^(?:CRON_)?TZ=(\S+)\s+/

/**
 * Reads a schedule of a CronJob: five fields, `@hourly` and the like, `@every 1h30m`. Throws UserError CRON_SCHEDULE_INVALID for
 * what is none and for a time zone that nobody knows.
 */
export function parseSchedule(text: string, timeZone: string | undefined): Schedule {
  const every = EVERY.exec(text)
  if (every) return everySchedule(duration(every[1] ?? '', text))
  const prefix = PREFIX.exec(text)
  try {
    return cronSchedule(text.replace(PREFIX, ''), timeZone ?? prefix?.[1])
  } catch (cause) {
    throw invalid(text, cause)
  }
}

function cronSchedule(pattern: string, timezone: string | undefined): Schedule {
  if (timezone) new Intl.DateTimeFormat('en', { timeZone: timezone })
  const cron = new Cron(pattern, { paused: true, mode: '5-part', ...(timezone && { timezone }) })
  return {
    next: (time) => cron.nextRun(new Date(time))?.getTime(),
    last(since, time) {
      // The library's own answer is strictly before.
      const [last] = cron.previousRuns(1, new Date(time + 1))
      return last && last.getTime() > since ? last.getTime() : undefined
    },
  }
}

function everySchedule(period: number): Schedule {
  return {
    next: (time) => Math.floor(time / 1000) * 1000 + period,
    last(since, time) {
      const last = since + Math.floor((time - since) / period) * period
      return last > since ? last : undefined
    },
  }
}

const UNITS: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 }

/** Go's durations; at least a second. */
function duration(text: string, schedule: string): number {
  if (!/^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/.test(text)) throw invalid(schedule)
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)]
  const total = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0), 0)
  return Math.max(1_000, Math.floor(total / 1_000) * 1_000)
}

const invalid = (text: string, cause?: unknown): UserError =>
  new UserError(
    'CRON_SCHEDULE_INVALID',
    `unparseable schedule: "${text}"${cause instanceof Error ? ` : ${cause.message}` : ''}`,
    {
      cause,
    },
  )
