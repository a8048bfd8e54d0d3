import type { ChartFile } from '../chart/chart.ts'
import { starterTemplates } from './starter-templates.ts'
import { starterValues } from './starter-values.ts'

const metadata = `apiVersion: v2
name: <NAME>
description: A Helm chart for Kubernetes
# "application" is installed as a release; "library" only lends its templates to other charts.
type: application
# Version of this chart: raise it with every change (https://semver.org).
version: 0.1.0
# Version of the program that the chart installs; any text, best in quotes.
appVersion: "1.16.0"
`

const ignored = `# Files that stay out of the packaged chart: one glob a line, "!" takes a file back in.
.DS_Store
# Version control
.git/
.gitignore
.bzr/
.bzrignore
.hg/
.hgignore
.svn/
# Backups
*.swp
*.bak
*.tmp
*.orig
*~
# Editors
.project
.idea/
*.tmproj
.vscode/
`

/** The files of a new chart, in the order in which Helm writes them; they render what the chart of `helm create` renders. */
export function starterFiles(name: string): ChartFile[] {
  const files: Record<string, string> = {
    'Chart.yaml': metadata,
    'values.yaml': starterValues,
    '.helmignore': ignored,
    ...starterTemplates,
  }
  const encoder = new TextEncoder()
  return Object.entries(files).map(([path, text]) => ({
    name: path,
    data: encoder.encode(text.replaceAll('<NAME>', name)),
  }))
}

/** Why a chart cannot be named so, in Helm's words; undefined when it can. */
export function chartNameFault(name: string): string | undefined {
  if (name === '' || name.length > 250) return 'chart name must be between 1 and 250 characters'
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return `chart name must match the regular expression "^[a-zA-Z0-9._-]+$"`
  return undefined
}
