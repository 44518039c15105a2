package ytt

import (
	"fmt"
	"net/netip"

	"go.starlark.net/starlark"
)

func init() {
	modules["ip"] = newModule("ip", map[string]builtinFunc{
		"parse_addr": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var s string
			if err := starlark.UnpackPositionalArgs("ip.parse_addr", args, kwargs, 1, &s); err != nil {
				return nil, err
			}
			address, err := netip.ParseAddr(s)
			if err != nil || address.Zone() != "" {
				return nil, fmt.Errorf("%q is no IP address", shorten(s))
			}
			return m.newAddress(address)
		},
		"parse_cidr": func(m *machine, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
			var s string
			if err := starlark.UnpackPositionalArgs("ip.parse_cidr", args, kwargs, 1, &s); err != nil {
				return nil, err
			}
			network, err := netip.ParsePrefix(s)
			if err != nil {
				return nil, fmt.Errorf("%q is no network, such as 10.0.0.0/8", shorten(s))
			}
			address, err := m.newAddress(network.Addr())
			if err != nil {
				return nil, err
			}
			// An IPv4 address in IPv6 clothes is shown as what it is.
			if inner := network.Addr(); inner.Is4In6() && network.Bits() >= 96 {
				network = netip.PrefixFrom(inner.Unmap(), network.Bits()-96)
			}
			network = network.Masked()
			first, err := m.newAddress(network.Addr())
			if err != nil {
				return nil, err
			}
			return starlark.Tuple{address, &object{kind: "@ytt:ip.net", members: starlark.StringDict{
				"addr":   method("ip.net.addr", func(*machine) (starlark.Value, error) { return first, nil }),
				"string": textMethod("ip.net.string", network.String()),
			}}}, m.spend(objectCost)
		},
	})
}

func (m *meter) newAddress(address netip.Addr) (starlark.Value, error) {
	address = address.Unmap()
	return &object{kind: "@ytt:ip.addr", members: starlark.StringDict{
		"is_ipv4": boolMethod("ip.addr.is_ipv4", address.Is4()),
		"is_ipv6": boolMethod("ip.addr.is_ipv6", address.Is6()),
		"string":  textMethod("ip.addr.string", address.String()),
	}}, m.spend(objectCost)
}
