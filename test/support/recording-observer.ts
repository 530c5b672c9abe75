import type { CallEnd, CallStart, DeliveryAttempt, HealthReport, Observer } from '../../src/telemetry/observer.js'

/** Keeps everything that it observes, in order. */
export class RecordingObserver implements Observer {
  readonly startedCalls: CallStart[] = []
  readonly endedCalls: CallEnd[] = []
  readonly healthReports: HealthReport[] = []
  readonly deliveryAttempts: DeliveryAttempt[] = []
  readonly workerFailures: unknown[] = []

  callStarted(call: CallStart): void {
    this.startedCalls.push(call)
  }

  callEnded(call: CallEnd): void {
    this.endedCalls.push(call)
  }

  healthChanged(health: HealthReport): void {
    this.healthReports.push(health)
  }

  deliveryAttempted(attempt: DeliveryAttempt): void {
    this.deliveryAttempts.push(attempt)
  }

  workerFailed(cause: unknown): void {
    this.workerFailures.push(cause)
  }
}
