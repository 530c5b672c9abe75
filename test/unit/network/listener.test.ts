import { describe, expect, test } from 'vitest'
import { ipOf } from '../../../src/network/listener.js'

describe('connections are counted by', () => {
  test.each([
    ['an IPv4 address', '192.0.2.7', '192.0.2.7'],
    ['an IPv4 address that is written as IPv6', '::ffff:192.0.2.7', '192.0.2.7'],
    ['the first 64 bits of an IPv6 address', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['the same, where zeros are left out after them', '2001:db8:1:2::6', '2001:db8:1:2::/64'],
    ['the same, where zeros are left out among them', '2001:db8::3:4:5:6', '2001:db8:0:0::/64'],
    ['the same, where all are left out', '::1', '0:0:0:0::/64'],
    ['the same, with the name of an interface', 'fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s', (_, address, counted) => {
    expect(ipOf(address)).toBe(counted)
  })
})
