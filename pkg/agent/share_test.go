package agent

import (
	"errors"
	"testing"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/shard"
)

// TestPassOverWhatIsGivenAway: a pass under way begins no further step once its owner is given away, or one tenant's slow webhooks
// would hold up the handing over of all owners.
func TestPassOverWhatIsGivenAway(t *testing.T) {
	s := newShare("carto-agent")
	member := shard.NewMember(s.id)
	if _, err := member.Observe(map[string]shard.Record{s.id: {}}); err != nil {
		t.Fatal(err)
	}
	member.Drained()
	if !member.Agree() {
		t.Fatal("the only member does not agree with itself")
	}
	s.set(member.Holding())
	key := ownerKey{v1alpha1.KindWorkload, "shop", "cart"}
	if !s.begin(key) || !s.idle() {
		t.Fatal("the only member does not work on everything")
	}

	s.set(shard.Holding{})
	if s.idle() {
		t.Error("an owner can be handed over in the midst of a pass")
	}
	// What comes after would need the agent's mapper, which it does not have.
	view := &clusterView{agent: &Agent{share: s}, key: key, owner: &realize.Owner{}}
	kind := schema.GroupVersionKind{Version: "v1", Kind: "ConfigMap"}
	object := map[string]any{"apiVersion": "v1", "kind": "ConfigMap"}
	ref := v1alpha1.StampedRef{}
	ref.APIVersion, ref.Kind, ref.Namespace, ref.Name = "v1", "ConfigMap", key.Namespace, "cart"
	for name, begin := range map[string]func() error{
		"apply":  func() error { _, err := view.Apply(t.Context(), realize.Account{}, object); return err },
		"remove": func() error { _, err := view.Remove(t.Context(), realize.Account{}, "", ref); return err },
		"run": func() error { // each creation asks for the runs first
			for _, err := range view.Runs(t.Context(), kind, "", "") {
				return err
			}
			return nil
		},
	} {
		if err := begin(); !errors.Is(err, realize.ErrPending) {
			t.Errorf("%s: %v", name, err)
		}
	}

	s.end(key)
	if !s.idle() {
		t.Error("nothing is under way, and it is not idle")
	}
}
