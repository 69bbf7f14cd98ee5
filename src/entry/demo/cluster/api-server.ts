import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import https from 'node:https'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DrydockError } from '../../../core/model/errors.ts'
import { type DemoCluster, demoCluster, demoFolder } from './demo-cluster.ts'

/** In ms. */
const startLimit = 120_000

/**
 * Starts `etcd` and `kube-apiserver` of a folder (`KUBEBUILDER_ASSETS`) on free ports of 127.0.0.1, with certificates,
 * a token and data in a temporary folder, as envtest does. No controllers run there but the demo's own. Both programs
 * end with {@link DemoCluster.close} and with this process. Throws `cluster-unreachable` when they don't start.
 */
export async function startApiServer(assets: string): Promise<DemoCluster> {
  const folder = demoFolder()
  const children: ChildProcess[] = []
  const killAll = (): void => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', killAll)
  const run = (program: string, args: readonly string[]): ChildProcess => {
    const log = openSync(join(folder, `${program}.log`), 'a', 0o600)
    const child = spawn(join(assets, program), args, { stdio: ['ignore', log, log], env: {}, cwd: folder })
    children.push(child)
    return child
  }
  const stop = async (): Promise<void> => {
    process.off('exit', killAll)
    for (const child of children.toReversed()) await ended(child)
    children.length = 0
  }
  try {
    const endpoint = await start(folder, run)
    return demoCluster(endpoint, { description: 'a Kubernetes API server of its own', folder, stop })
  } catch (error) {
    await stop()
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

type Run = (program: string, args: readonly string[]) => ChildProcess

async function start(folder: string, run: Run): Promise<{ url: string; token: string; ca: string }> {
  const [port, clientPort, peerPort] = await freePorts(3)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const key = join(folder, 'service-account.key')
  writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
  const token = randomBytes(24).toString('hex')
  const tokens = join(folder, 'tokens.csv')
  writeFileSync(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 })

  const store = `http://127.0.0.1:${clientPort}`
  const peer = `http://127.0.0.1:${peerPort}`
  const etcd = run('etcd', [
    ...['--data-dir', join(folder, 'etcd'), '--unsafe-no-fsync', '--log-level', 'error'],
    ...['--listen-client-urls', store, '--advertise-client-urls', store],
    ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
  ])
  const server = run('kube-apiserver', [
    ...['--etcd-servers', store, '--secure-port', String(port), '--bind-address', '127.0.0.1'],
    // Otherwise the server looks for the address of a default route, which a laptop without network lacks.
    ...['--advertise-address', '127.0.0.1', '--endpoint-reconciler-type', 'none'],
    ...['--cert-dir', join(folder, 'certs'), '--token-auth-file', tokens, '--authorization-mode', 'RBAC'],
    ...['--service-account-issuer', 'https://kubernetes.default.svc', '--service-account-signing-key-file', key],
    ...['--service-account-key-file', key, '--service-cluster-ip-range', '10.0.0.0/24', '--allow-privileged=true'],
    // No controller makes the default ServiceAccount or untaints nodes here.
    ...['--disable-admission-plugins', 'TaintNodesByCondition,ServiceAccount'],
  ])
  const url = `https://127.0.0.1:${port}`
  const failed = Promise.race([failure(folder, etcd, 'etcd'), failure(folder, server, 'kube-apiserver')])
  const aborted = new AbortController()
  try {
    const ready = untilReady(folder, url, token, aborted.signal)
    return { url, token, ca: await Promise.race([ready, failed]) }
  } finally {
    aborted.abort()
    failed.catch(() => undefined)
  }
}

/** Rejects when the program ends or can't be started, with the end of its log. */
async function failure(folder: string, child: ChildProcess, program: string): Promise<never> {
  const why = await once(child, 'exit').then(
    ([code, signal]) => `ended with ${code ?? signal}`,
    (error: unknown) => `could not be started (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`,
  )
  const log = readFileSync(join(folder, `${program}.log`), 'utf8')
    .trim()
    .split('\n')
    .slice(-3)
    .join('\n')
  throw new DrydockError('cluster-unreachable', `${program} ${why}.${log ? `\n${log}` : ''}`, {
    hint: 'Let KUBEBUILDER_ASSETS name a folder with etcd and kube-apiserver, or unset it to use the stand-in.',
  })
}

/** Waits until `/readyz` says so; returns the server's own certificate, which is self-signed. */
async function untilReady(folder: string, url: string, token: string, signal: AbortSignal): Promise<string> {
  const limit = Date.now() + startLimit
  for (let pause = 50; Date.now() < limit && !signal.aborted; pause = Math.min(pause * 1.5, 500)) {
    const ca = certificate(folder)
    if (ca && (await isReady(url, token, ca))) return ca
    await wait(pause)
  }
  throw new DrydockError('cluster-unreachable', `kube-apiserver was not ready within ${startLimit / 1000} s.`)
}

function certificate(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, 'certs', 'apiserver.crt'), 'utf8')
  } catch {
    return undefined
  }
}

function isReady(url: string, token: string, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` }
    const request = https.get(`${url}/readyz`, { ca, headers, agent: false, timeout: 2000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}

/** Ends a program: asks first, and kills it after 5 s. */
async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const gone = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
  await gone
  clearTimeout(timer)
}

/** Ports that were free a moment ago, all different. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}
