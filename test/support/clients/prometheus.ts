import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../waiting.js'
import { closedAddress } from './proxies.js'

/** A rule as Prometheus evaluates it. */
export interface AlertRule {
  readonly name: string
  readonly health: string
  /** What the expression is true for. Also if it is not true for long enough yet. */
  readonly alerts: readonly { readonly labels: Readonly<Record<string, string>> }[]
}

export interface PrometheusOptions {
  /** The program. */
  readonly program: string
  /** The file with the alerts. */
  readonly rules: string
}

/** The job of all targets. */
const job = 'message-contacts'

/** A Prometheus that reads metrics every two seconds. */
export class Prometheus {
  readonly #address: string
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #groups: { readonly targets: readonly string[]; readonly labels: { readonly instance: string } }[] = []

  private constructor(address: string, child: ChildProcess, folder: string) {
    this.#address = address
    this.#child = child
    this.#folder = folder
  }

  /** Resolves when it answers. */
  static async start({ program, rules }: PrometheusOptions): Promise<Prometheus> {
    const folder = await mkdtemp(join(tmpdir(), 'message-contacts-prometheus-'))
    const address = await closedAddress()
    const configuration = {
      global: { scrape_interval: '2s', evaluation_interval: '1s' },
      rule_files: [rules],
      scrape_configs: [
        { job_name: job, file_sd_configs: [{ files: [join(folder, 'targets.json')], refresh_interval: '1s' }] },
      ],
    }
    // JSON is YAML too.
    await writeFile(join(folder, 'prometheus.yml'), JSON.stringify(configuration))
    const child = spawn(
      program,
      [
        `--config.file=${join(folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=error',
      ],
      { stdio: ['ignore', 'inherit', 'inherit'] },
    )
    const prometheus = new Prometheus(address, child, folder)
    await until('Prometheus is ready', () => prometheus.#isReady(), 60_000)
    return prometheus
  }

  async #isReady(): Promise<boolean> {
    if (this.#child.exitCode !== null) throw new Error('Prometheus has ended')
    const answer = await fetch(`http://${this.#address}/-/ready`).catch(() => undefined)
    return answer?.ok ?? false
  }

  /** Reads the metrics of a process, as the instance of this name. Resolves when it has read them for the first time. */
  async watch(instance: string, adminAddress: string): Promise<void> {
    this.#groups.push({ targets: [adminAddress], labels: { instance } })
    // Renamed, so that it is never read half.
    await writeFile(join(this.#folder, 'targets.new'), JSON.stringify(this.#groups))
    await rename(join(this.#folder, 'targets.new'), join(this.#folder, 'targets.json'))
    const isRead = async () => (await this.query(`up{instance="${instance}"} == 1`)).length > 0
    await until(`the metrics of ${instance} are read`, isRead, 60_000)
  }

  /** The labels of what an expression gives now. Rejects if Prometheus does not accept it. */
  async query(expression: string): Promise<readonly Readonly<Record<string, string>>[]> {
    const data = await this.#get<{ readonly result: readonly { readonly metric: Record<string, string> }[] }>(
      `query?query=${encodeURIComponent(expression)}`,
    )
    return data.result.map(({ metric }) => metric)
  }

  async rules(): Promise<readonly AlertRule[]> {
    const { groups } = await this.#get<{ readonly groups: readonly { readonly rules: readonly AlertRule[] }[] }>(
      'rules',
    )
    return groups.flatMap(({ rules }) => rules)
  }

  /** The instances for which the expression of an alert is true. */
  async instancesWith(alert: string): Promise<readonly (string | undefined)[]> {
    const rule = (await this.rules()).find(({ name }) => name === alert)
    return (rule?.alerts ?? []).map(({ labels }) => labels['instance'])
  }

  async #get<Data>(path: string): Promise<Data> {
    const answer = await fetch(`http://${this.#address}/api/v1/${path}`)
    const { status, error, data } = (await answer.json()) as { status: string; error?: string; data: Data }
    if (status !== 'success') throw new Error(error)
    return data
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM')
      await once(this.#child, 'exit')
    }
    await rm(this.#folder, { recursive: true, force: true })
  }
}
