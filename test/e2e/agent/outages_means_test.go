package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/test/harness"
)

func isGone(err error) bool  { return apierrors.IsNotFound(err) }
func isThere(err error) bool { return apierrors.IsAlreadyExists(err) }

// redefine deletes the CRD of a stamped kind, and its objects with it, and makes it again.
func (o *outages) redefine(n *tenant) {
	n.must(o.removeDefinitions("gitrepositories.source.toolkit.fluxcd.io"))
	_, err := harness.Apply(context.Background(), o.cp.Config, "", stubCRD("gitrepositories", "source.toolkit.fluxcd.io", "GitRepository", "v1"))
	n.must(err)
}

// removeDefinitions deletes CRDs, and returns when they are gone, and all objects with them.
func (w *world) removeDefinitions(names ...string) error {
	client := w.client.Resource(definitions)
	for _, name := range names {
		if err := client.Delete(context.Background(), name, v1.DeleteOptions{}); err != nil {
			return err
		}
	}
	for deadline := time.Now().Add(5 * time.Minute); len(names) > 0; time.Sleep(50 * time.Millisecond) {
		_, err := client.Get(context.Background(), names[0], v1.GetOptions{})
		switch {
		case isGone(err):
			names = names[1:]
		case time.Now().After(deadline):
			return fmt.Errorf("the CRD %s is still there", names[0])
		}
	}
	return nil
}

// changeVersions has a stamped kind get another version, which becomes that in which its
// objects are kept, and lose it again.
func (o *outages) changeVersions(n *tenant) {
	kind := func(versions string) string {
		text := stubCRD("gitrepositories", "source.toolkit.fluxcd.io", "GitRepository", "v1")
		head, version, _ := strings.Cut(text, "    - name: v1\n")
		version = "    - name: v1\n" + strings.TrimSuffix(version, "---\n")
		switch versions {
		case "both":
			return head + replace(version, "storage: true", "storage: false") + replace(version, "name: v1\n", "name: v2\n")
		default:
			return head + version + replace(replace(version, "name: v1\n", "name: v2\n"), "storage: true", "storage: false")
		}
	}
	for _, versions := range []string{"back", "both", "back"} {
		_, err := harness.Apply(context.Background(), o.cp.Config, "", kind(versions))
		n.must(err)
		time.Sleep(500 * time.Millisecond) // so that there are writes of each
	}
}

// diskQuota is what etcd may keep, in bytes, when there are bursts of so many owners: all that
// they write fits, and a disk that is to be full is filled soon.
func diskQuota(owners int) int { return 64<<20 + owners*3<<19 }

// fillDisk fills the disk of etcd, so that the API server refuses every write, and makes
// room again after a while.
func (o *outages) fillDisk(n *tenant) {
	ctx := context.Background()
	maps := o.client.Resource(configMaps).Namespace(n.ns)
	text := strings.Repeat("x", 900<<10)
	var full error
	var mu sync.Mutex
	var fillers sync.WaitGroup
	for worker := range 4 {
		fillers.Go(func() {
			for i := 0; ; i++ {
				mu.Lock()
				over := full != nil || i > 1000
				mu.Unlock()
				if over {
					return
				}
				_, err := maps.Create(ctx, &unstructured.Unstructured{Object: map[string]any{
					"apiVersion": "v1", "kind": "ConfigMap",
					"metadata": map[string]any{"name": fmt.Sprintf("filler-%d-%d", worker, i), "labels": map[string]any{"filler": "yes"}},
					"data":     map[string]any{"text": text},
				}}, v1.CreateOptions{})
				if err != nil {
					mu.Lock()
					full = err
					mu.Unlock()
				}
			}
		})
	}
	fillers.Wait()
	if full == nil || !strings.Contains(full.Error(), "space exceeded") {
		n.must(fmt.Errorf("the disk is not full: %w", full))
		return
	}
	since, err := o.cp.Mark(ctx)
	n.must(err)
	// What can still be done is to delete. The agent then has something to do, but can not.
	for i := range 5 {
		if err := maps.Delete(ctx, fmt.Sprintf("w-%03d-last", i), v1.DeleteOptions{}); err != nil && !isGone(err) {
			n.must(err)
		}
	}
	const away = 6 * time.Second
	time.Sleep(away) // the time that it takes somebody to come and make room
	requests, err := o.cp.CountRequests(ctx, harness.Filter{UserAgent: "carto-agent", Verbs: harness.Writes, Since: since})
	n.must(err)
	n.t.Logf("the agent sent %d writes within %v while the disk was full", requests, away)
	if most := 50 * o.count; requests > most { // some five owners come with each workload; all try first after 50 ms, then ever later
		n.must(fmt.Errorf("it sent more than %d writes", most))
	}
	if !strings.Contains(o.crew.log(), "database space exceeded") {
		n.must(errors.New("its log does not say so"))
	}
	n.must(maps.DeleteCollection(ctx, v1.DeleteOptions{}, v1.ListOptions{LabelSelector: "filler=yes"}))
	n.must(makeRoom(o.cp))
}

// makeRoom does what an operator does about an etcd whose disk was full: compact, defragment,
// and take back the alarm.
func makeRoom(cp *harness.ControlPlane) error {
	etcd, err := cp.EtcdURL()
	if err != nil {
		return err
	}
	var status struct {
		Header struct {
			Revision string
			Member   string `json:"member_id"`
		}
	}
	if err := post(etcd+"/v3/maintenance/status", map[string]any{}, &status); err != nil {
		return err
	}
	if err := post(etcd+"/v3/kv/compaction", map[string]any{"revision": status.Header.Revision, "physical": true}, nil); err != nil {
		return err
	}
	if err := post(etcd+"/v3/maintenance/defragment", map[string]any{}, nil); err != nil {
		return err
	}
	return post(etcd+"/v3/maintenance/alarm", map[string]any{"action": "DEACTIVATE", "alarm": "NOSPACE", "memberID": status.Header.Member}, nil)
}

func post(url string, body, answer any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	response, err := http.Post(url, "application/json", bytes.NewReader(text)) //nolint:noctx // on loopback
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	said, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", url, response.Status, said)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(said, answer)
}
