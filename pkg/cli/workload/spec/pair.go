package spec

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

// pair is KEY=VALUE, or KEY- for a removal.
type pair struct {
	key, value string
	remove     bool
}

// parsePair keeps the value byte for byte: it may hold =, commas and line ends.
func parsePair(flag, s string) (pair, error) {
	if key, value, ok := strings.Cut(s, "="); ok {
		if key == "" {
			return pair{}, fmt.Errorf("--%s %q has no key before =", flag, s)
		}
		return pair{key: key, value: value}, nil
	}
	if key, ok := strings.CutSuffix(s, "-"); ok && key != "" {
		return pair{key: key, remove: true}, nil
	}
	return pair{}, fmt.Errorf("--%s %q is neither KEY=VALUE nor KEY-", flag, s)
}

// keyRef is one key of a Secret or a ConfigMap.
type keyRef struct{ name, key string }

// parseKeyRef reads NAME:KEY. Neither part can hold a colon, so the text has one meaning.
func parseKeyRef(flag, s string) (keyRef, error) {
	name, key, ok := strings.Cut(s, ":")
	if !ok || name == "" || key == "" {
		return keyRef{}, fmt.Errorf("--%s %q is not NAME:KEY", flag, s)
	}
	for _, msg := range validation.IsDNS1123Subdomain(name) {
		return keyRef{}, fmt.Errorf("--%s name %q: %s", flag, name, msg)
	}
	for _, msg := range validation.IsConfigMapKey(key) {
		return keyRef{}, fmt.Errorf("--%s key %q: %s", flag, key, msg)
	}
	return keyRef{name, key}, nil
}

// claim is the object behind --service-ref.
type claim struct{ apiVersion, kind, namespace, name string }

// parseClaim reads apiVersion:kind[:namespace]:name.
func parseClaim(s string) (claim, error) {
	parts := strings.Split(s, ":")
	for _, p := range parts {
		if p == "" {
			return claim{}, fmt.Errorf("--service-ref %q has an empty part", s)
		}
	}
	switch len(parts) {
	case 3:
		return claim{apiVersion: parts[0], kind: parts[1], name: parts[2]}, nil
	case 4:
		return claim{apiVersion: parts[0], kind: parts[1], namespace: parts[2], name: parts[3]}, nil
	}
	return claim{}, fmt.Errorf("--service-ref %q is not apiVersion:kind:name", s)
}
