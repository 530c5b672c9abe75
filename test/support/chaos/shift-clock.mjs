// Loaded into a process before its program: shifts its clock by CLOCK_OFFSET_MS milliseconds. Timers and the monotonic clock stay right.

const offsetMs = Number(process.env['CLOCK_OFFSET_MS'])
if (!Number.isInteger(offsetMs)) throw new Error('CLOCK_OFFSET_MS must be a whole number')

const realNow = Date.now
Date.now = () => realNow() + offsetMs

globalThis.Date = new Proxy(Date, {
  // `new Date()` is the present; any other date is given by its arguments.
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [Date.now()] : args, newTarget),
  apply: (target) => new target(Date.now()).toString(),
})
