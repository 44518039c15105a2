package schema

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Kind is what is known of a kind.
type Kind struct {
	schema.GroupVersionKind
	Plural     string
	Namespaced bool
	Schema     *Schema
	Lifecycle  Lifecycle
}

// Lifecycle says in which releases of Kubernetes an API version is served. Releases that
// are not known are zero.
type Lifecycle struct {
	Introduced, Deprecated, Removed Release
	// Replacement is the version to use instead; empty when there is none.
	Replacement schema.GroupVersionKind
	// Warning is what the author of a CRD says about a deprecated version.
	Warning string
	// IsDeprecated is set for CRDs, which name no release.
	IsDeprecated bool
}

// Release is a minor release of Kubernetes.
type Release struct{ Major, Minor int }

// Newest is the release of which the built-in kinds are known.
var Newest = Release{1, 37}

// ParseRelease reads MAJOR.MINOR, with or without a "v" before it.
func ParseRelease(s string) (Release, error) {
	major, minor, ok := strings.Cut(strings.TrimPrefix(s, "v"), ".")
	if ok {
		minor, _, _ = strings.Cut(minor, ".")
		a, errA := strconv.Atoi(major)
		b, errB := strconv.Atoi(minor)
		if errA == nil && errB == nil && a > 0 && b >= 0 {
			return Release{a, b}, nil
		}
	}
	return Release{}, fmt.Errorf("%q is no release of Kubernetes, such as %s", s, Newest)
}

// String is MAJOR.MINOR.
func (r Release) String() string { return fmt.Sprintf("%d.%d", r.Major, r.Minor) }

// IsZero says that the release is not known.
func (r Release) IsZero() bool { return r == Release{} }

// Reached says whether r is known, and not later than the other.
func (r Release) Reached(at Release) bool {
	return !r.IsZero() && (r.Major < at.Major || r.Major == at.Major && r.Minor <= at.Minor)
}

// Catalog finds kinds: those of Kubernetes, those of Carto, and those that were added. It is
// filled before it is shared.
type Catalog struct {
	added map[schema.GroupVersionKind]func() *Kind
	// groups has the added kinds of each group.
	groups map[string][]schema.GroupVersionKind
}

// BuiltIn has the kinds of Kubernetes and of Carto.
func BuiltIn() *Catalog {
	return &Catalog{added: map[schema.GroupVersionKind]func() *Kind{}, groups: map[string][]schema.GroupVersionKind{}}
}

// Kind finds a kind; nil when nothing is known of it.
func (c *Catalog) Kind(kind schema.GroupVersionKind) *Kind {
	if make := c.added[kind]; make != nil {
		return make()
	}
	if found := carto(kind); found != nil {
		return found
	}
	return native(kind)
}

// InGroup lists the kinds of a group in all versions, sorted.
func (c *Catalog) InGroup(group string) []schema.GroupVersionKind {
	all := slices.Concat(c.groups[group], nativeGroups()[group], cartoGroup(group))
	slices.SortFunc(all, func(a, b schema.GroupVersionKind) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Version, b.Version))
	})
	return slices.Compact(all)
}

// IsNative says whether a group is of Kubernetes itself, so that all its kinds are known.
func IsNative(group string) bool { return len(nativeGroups()[group]) > 0 }

func (c *Catalog) add(kind schema.GroupVersionKind, load func() *Kind) {
	if c.added[kind] == nil {
		c.groups[kind.Group] = append(c.groups[kind.Group], kind)
	}
	c.added[kind] = sync.OnceValue(load)
}

// NativeGroups lists the groups of Kubernetes, sorted.
func NativeGroups() []string { return slices.Sorted(maps.Keys(nativeGroups())) }
