import { createServer } from 'node:http'

const summaries = ['Freezing', 'Bracing', 'Chilly', 'Cool', 'Mild', 'Warm', 'Balmy', 'Hot', 'Sweltering', 'Scorching']

function forecast(day) {
  const date = new Date(Date.now() + day * 86_400_000).toISOString().slice(0, 10)
  const temperatureC = Math.floor(Math.random() * 75) - 20
  return { date, temperatureC, summary: summaries[Math.floor((temperatureC + 20) / 7.5)] }
}

const routes = {
  '/WeatherForecast': () => [1, 2, 3, 4, 5].map(forecast),
  '/version': () => ({ app: process.env.APP_NAME, version: process.env.APP_VERSION }),
  '/healthz': () => ({ status: 'ok' }),
}

const server = createServer((request, response) => {
  const answer = routes[request.url]
  response.writeHead(answer ? 200 : 404, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer ? answer() : { error: 'not found' }))
})
server.listen(8080)
// As process 1 of a container nothing else would end it on SIGTERM.
process.on('SIGTERM', () => server.close(() => process.exit(0)).closeAllConnections())
