package source

import (
	"fmt"
	"net"
	"strings"

	"oras.land/oras-go/v2/registry"
)

// Place is where a source goes: a repository of a registry, and a tag.
type Place struct{ ref registry.Reference }

// ParsePlace reads REGISTRY/REPOSITORY[:TAG]; the tag is latest when none is given, and a
// digest, such as that of the push before, is left out.
func ParsePlace(text string) (Place, error) {
	name, _, _ := strings.Cut(text, "@")
	host, _, ok := strings.Cut(name, "/")
	if !ok || !strings.ContainsAny(host, ".:") && host != "localhost" {
		return Place{}, fmt.Errorf("%q names no registry; it must be REGISTRY/REPOSITORY[:TAG], such as registry.example/shop/cart-source", text)
	}
	ref, err := registry.ParseReference(name)
	if err != nil {
		return Place{}, fmt.Errorf("%q is no place in a registry: %w", text, err)
	}
	if ref.Reference == "" {
		ref.Reference = "latest"
	}
	return Place{ref}, nil
}

// At is the place with a digest: what a workload points at.
func (p Place) At(i *Image) string { return p.ref.String() + "@" + i.Digest.String() }

// loopback tells a registry on this machine, the only one without TLS.
func (p Place) loopback() bool {
	host := p.ref.Registry
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
