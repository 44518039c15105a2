package agent

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/test/harness"
)

// TestFlowControl applies the flow schemas that docs/scale.md recommends, and asks the API server by which of them it has let
// a request in. That what they say is obeyed is Kubernetes' business; that they say what is meant is ours.
func TestFlowControl(t *testing.T) {
	t.Parallel()
	cp := harness.Shared(t)
	root, err := harness.Root()
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := os.ReadFile(filepath.Join(root, "config", "flow-control", "tenants.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(cp.Config).FlowcontrolV1()
	for _, object := range harness.ApplyYAML(t, cp.Config, "", string(manifest)) {
		t.Cleanup(func() {
			remove := client.FlowSchemas().Delete
			if object.GetKind() == "PriorityLevelConfiguration" {
				remove = client.PriorityLevelConfigurations().Delete
			}
			if err := remove(context.Background(), object.GetName(), v1.DeleteOptions{}); err != nil {
				t.Error(err)
			}
		})
	}

	const (
		large, late = "carto-large-tenants", "carto-late-tenants"
		status      = "/apis/carto.run/v1alpha1/namespaces/%s/workloads/cart/status"
		maps        = "/api/v1/namespaces/%s/configmaps"
	)
	agent := harness.As(cp.Config, "carto-system", "carto-agent")
	somebody := rest.CopyConfig(cp.Config)
	somebody.Impersonate.UserName = "somebody"
	somebody.Impersonate.Groups = []string{"system:authenticated"}
	for _, tc := range []struct {
		reason string
		who    *rest.Config
		path   string
		want   string
	}{
		{"the agent's status writes for a large tenant are the tenant's", agent, fmt.Sprintf(status, "large-1"), large},
		{"so is what is stamped as its service account", harness.As(cp.Config, "large-2", "stamper"), fmt.Sprintf(maps, "large-2"), large},
		{"so is what people do there", somebody, fmt.Sprintf(maps, "large-1"), large},
		{"what waits for a late webhook is let in apart", harness.As(cp.Config, "late", "stamper"), fmt.Sprintf(maps, "late"), late},
		{"the agent's writes for it, too", agent, fmt.Sprintf(status, "late"), late},
		{"the agent is not slowed down for anybody else", agent, fmt.Sprintf(status, "quiet"), "service-accounts"},
		{"nor in what belongs to no tenant", agent, "/apis/carto.run/v1alpha1/clustersupplychains", "service-accounts"},
		{"its leases go with those of the cluster's own components", agent, "/apis/coordination.k8s.io/v1/namespaces/carto-system/leases/carto-agent", "carto-leases"},
		{"administrators are exempt", cp.Config, fmt.Sprintf(maps, "large-1"), "exempt"},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			asked, err := rest.HTTPClientFor(tc.who)
			if err != nil {
				t.Fatal(err)
			}
			harness.Eventually(t, patience, func() error { // the API server learns of new schemas by a watch
				schemas, err := client.FlowSchemas().List(t.Context(), v1.ListOptions{})
				if err != nil {
					return err
				}
				response, err := asked.Get(cp.Server + tc.path)
				if err != nil {
					return err
				}
				if err := response.Body.Close(); err != nil {
					return err
				}
				if got := schemaOf(schemas.Items, response); got != tc.want {
					return fmt.Errorf("it was let in by %q, not by %q", got, tc.want)
				}
				return nil
			})
		})
	}
}

// schemaOf is the name of the flow schema by which the API server has let a request in.
func schemaOf(schemas []flowcontrolv1.FlowSchema, response *http.Response) string {
	for _, s := range schemas {
		if string(s.UID) == response.Header.Get(flowcontrolv1.ResponseHeaderMatchedFlowSchemaUID) {
			return s.Name
		}
	}
	return ""
}
