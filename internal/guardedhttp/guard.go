package guardedhttp

import (
	"errors"
	"net/netip"
	"syscall"
)

// ErrBlocked is the error of a connection to an address that no pipeline has business with.
var ErrBlocked = errors.New("the address is link-local or a metadata service")

// RefuseBlocked is a net.Dialer's Control. It sees each address after its name was resolved, right before it is dialled,
// so that no name that resolves anew can slip through.
func RefuseBlocked(_, address string, _ syscall.RawConn) error {
	resolved, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if Blocked(resolved.Addr()) {
		return ErrBlocked
	}
	return nil
}

// Blocked reports whether an address is link-local, or of a cloud's metadata service, or no address of one host. Private
// and loopback addresses are allowed: that is where services are.
func Blocked(a netip.Addr) bool {
	a = a.WithZone("").Unmap()
	if isTunnel(a) {
		return true
	}
	a = embedded(a)
	if !a.IsValid() || a.IsUnspecified() || a.IsMulticast() || a.IsLinkLocalUnicast() {
		return true
	}
	switch a.String() {
	case "100.100.100.200", // Alibaba Cloud.
		"168.63.129.16",   // Azure.
		"192.0.0.192",     // Oracle Cloud.
		"255.255.255.255", // Broadcast.
		"fd00:ec2::254",   // AWS.
		"fd20:ce::254":    // Google Cloud.
		return true
	}
	return false
}

// isTunnel reports whether an address leads to an IPv4 address that cannot be told from it: NAT64's local prefix has it in
// one of several places, and Teredo passes it through a server.
func isTunnel(a netip.Addr) bool {
	return netip.MustParsePrefix("64:ff9b:1::/48").Contains(a) || netip.MustParsePrefix("2001::/32").Contains(a)
}

// embedded is the IPv4 address that a translator (NAT64, SIIT, 6to4, ISATAP, IPv4-compatible) makes of an IPv6 address, or the address
// itself.
func embedded(a netip.Addr) netip.Addr {
	if !a.Is6() {
		return a
	}
	b := a.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(a), netip.MustParsePrefix("::ffff:0:0:0/96").Contains(a), isISATAP(b):
		return netip.AddrFrom4([4]byte(b[12:]))
	case netip.MustParsePrefix("2002::/16").Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	case netip.MustParsePrefix("::/96").Contains(a) && a != netip.IPv6Loopback() && a != netip.IPv6Unspecified():
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

// isISATAP reports whether an interface's identifier is made of an IPv4 address.
func isISATAP(b [16]byte) bool {
	return b[8]&^0x02 == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe
}
