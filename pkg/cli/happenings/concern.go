package happenings

import (
	"regexp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/carto-run/carto/pkg/cli/tail"
	"github.com/carto-run/carto/pkg/tree"
)

// concern is the objects whose events are shown.
type concern struct {
	// only are the steps that were asked for; empty means all.
	only []string
	// steps of the objects, by their UIDs. Names do not do: a pod of a StatefulSet, and an
	// owner that was deleted and made again, have the names of those before.
	steps map[types.UID]string
	// owners are the objects among them whose events are about steps of their own.
	owners map[types.UID]owner
	// objects are the UIDs in each namespace in which there may be events.
	objects map[string][]types.UID
	first   []string
}

// owner knows the steps of an owner by what they stamped, as its events name it.
type owner struct {
	prefix  string
	stamped map[string]string
}

// newConcern is the owner and all below it, or only what belongs to some steps.
func newConcern(in tree.Input, only []string) *concern {
	c := &concern{only: only, steps: map[types.UID]string{}, owners: map[types.UID]owner{}, objects: map[string][]types.UID{}}
	switch {
	case in.Owner.Kind != "":
		c.add("", in.Owner.Object.Namespace, in.Owner.Object.UID)
		c.addOwner("", in.Owner)
	case in.Root != nil && in.Root.Object != nil: // a blueprint, or any other object
		c.add("", in.Root.Object.GetNamespace(), in.Root.Object.GetUID())
	}
	in.Visit(func(step string, f *tree.Found) {
		if !tail.InSteps(only, step) {
			return
		}
		c.add(step, f.Object.GetNamespace(), f.Object.GetUID())
		if f.Owner != nil {
			c.addOwner(step+"/", f.Owner.Owner)
		}
	})
	return c
}

func (c *concern) add(step, namespace string, uid types.UID) {
	if namespace == "" {
		namespace = metav1.NamespaceDefault // where events of objects without one are kept
	}
	if _, known := c.steps[uid]; known || uid == "" {
		return
	}
	c.steps[uid] = step
	if c.objects[namespace] == nil {
		c.first = append(c.first, namespace)
	}
	c.objects[namespace] = append(c.objects[namespace], uid)
}

func (c *concern) addOwner(prefix string, o tree.Owner) {
	known := owner{prefix: prefix, stamped: map[string]string{}}
	for _, step := range o.Status.Resources {
		if ref := step.StampedRef; ref != nil {
			known.stamped[ref.Resource+"/"+ref.Name] = step.Name
		}
	}
	c.owners[o.Object.UID] = known
}

// with keeps what was of concern before: the last words about a pod come after it is gone.
func (c *concern) with(before *concern) *concern {
	for namespace, uids := range before.objects {
		for _, uid := range uids {
			c.add(before.steps[uid], namespace, uid)
		}
	}
	return c
}

// inOrder are the namespaces, that of the owner first.
func (c *concern) inOrder() []string { return c.first }

// claims tells whether an event is shown, and notes of which step it is.
func (c *concern) claims(e *Event) bool {
	uid := e.InvolvedObject.UID
	step, known := c.steps[uid]
	if o, is := c.owners[uid]; is {
		if inner := o.step(e.Message); inner != "" {
			step = o.prefix + inner
		}
	}
	e.Step = step
	return known && tail.InSteps(c.only, step)
}

// The agent's events name what they are about in brackets (spec: reconcile §20).
var (
	aboutStep   = regexp.MustCompile(`\bresource \[([^\]]+)\]`)
	aboutObject = regexp.MustCompile(`\bobject \[([^\]]+)\]`)
)

// step of an owner that one of its events is about; empty when it does not say.
func (o owner) step(message string) string {
	if m := aboutStep.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	if m := aboutObject.FindStringSubmatch(message); m != nil {
		return o.stamped[m[1]]
	}
	return ""
}
