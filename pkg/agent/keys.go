package agent

import "strconv"

// ownerKey names an owner.
type ownerKey struct{ Kind, Namespace, Name string }

func (k ownerKey) String() string { return k.Kind + " " + k.Namespace + "/" + k.Name }

// objectKey names an object of a kind that is known from the context.
type objectKey struct{ Namespace, Name string }

// version makes a resourceVersion comparable; 0 when it is none. Versions of one
// resource type grow with each write, which Kubernetes guarantees since v1.35.
func version(resourceVersion string) uint64 {
	n, err := strconv.ParseUint(resourceVersion, 10, 64)
	if err != nil {
		return 0
	}
	return n
}
