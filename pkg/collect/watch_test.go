package collect

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	clienttesting "k8s.io/client-go/testing"

	"github.com/carto-run/carto/pkg/tree"
)

// TestFollowRefused: where nothing may be watched, a change is seen all the same, and the
// reader learns why that takes a while.
func TestFollowRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := clientOf(t, cluster)
		client.PrependWatchReactor("*", func(a clienttesting.Action) (bool, watch.Interface, error) {
			return true, nil, apierrors.NewForbidden(a.GetResource().GroupResource(), "", errors.New("no"))
		})
		enough := errors.New("enough")
		var changed time.Time
		err := FollowInput(t.Context(), client, cart, func(in tree.Input) error {
			var named []string
			for _, u := range in.Unread {
				if u.Verb == "watch" {
					named = append(named, u.Resource+": "+u.Message)
				}
			}
			if !changed.IsZero() {
				if in.Owner.Object.Labels["new"] == "" {
					t.Error("read again without the change")
				}
				return enough
			}
			if len(named) < 7 { // the owner, its blueprint, three stamped objects and two kinds below
				return nil // they are refused one after the other
			}
			if want := "deployments.apps: no permission to watch deployments.apps in namespace shop; it is read every 5s instead"; named[1] != want {
				t.Errorf("named %q, want %s", named, want)
			}
			obj := in.Root.Object.DeepCopy()
			obj.SetLabels(map[string]string{"new": "1"})
			if _, err := client.Resource(cart.Resource()).Namespace("shop").Update(t.Context(), obj, metav1.UpdateOptions{}); err != nil {
				t.Error(err)
			}
			changed = time.Now()
			return nil
		})
		if took := time.Since(changed); !errors.Is(err, enough) || took > 2*pollEvery {
			t.Errorf("got %v after %s", err, took)
		}
	})
}
