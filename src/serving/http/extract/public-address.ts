// Which IP addresses belong to the public internet: a name in a request must not lead into the operator's own network.
import { BlockList, isIPv6 } from "node:net";

const RESERVED = new BlockList();
// IANA's special-purpose registries.
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // cloud metadata too
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
] as const)
  RESERVED.addSubnet(network, prefix, "ipv4");

/** Only 2000::/3 is assigned so far; of it, these are not public, or lead to IPv4 addresses that may not be. */
const RESERVED_V6 = new BlockList();
for (const [network, prefix] of [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["2620:4f:8000::", 48],
  ["3fff::", 20],
] as const)
  RESERVED_V6.addSubnet(network, prefix, "ipv6");
const ASSIGNED = new BlockList();
ASSIGNED.addSubnet("2000::", 3, "ipv6");

/** Whether an address is one that anyone on the internet could reach. */
export function isPublicAddress(address: string): boolean {
  if (!isIPv6(address)) return !RESERVED.check(address, "ipv4");
  return ASSIGNED.check(address, "ipv6") && !RESERVED_V6.check(address, "ipv6");
}
