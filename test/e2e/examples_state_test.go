package e2e

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/test/harness"
)

// exampleState is what the examples find in the cluster: testdata/examples, with logs and
// events.
type exampleState struct {
	*harness.Kubelet
	cp     *harness.ControlPlane
	client dynamic.Interface
	core   kubernetes.Interface
	node   string
}

func newExampleState(t *testing.T) *exampleState {
	t.Helper()
	cp := harness.Shared(t)
	s := &exampleState{
		Kubelet: harness.NewKubelet(), cp: cp,
		client: dynamic.NewForConfigOrDie(cp.Config), core: kubernetes.NewForConfigOrDie(cp.Config),
	}
	s.node = s.Serve(t, cp)
	installCRDs(t, s.client)
	s.agentElsewhere(t)
	t.Cleanup(func() { s.leave(t) })
	return s
}

// log makes every container say something now: a tail looks back one minute only.
func (s *exampleState) log() {
	for _, container := range []string{"cart-build/build", "cart-7c9d-x2x4b/web", "cart-staging/web", "cart-test-1/test"} {
		s.Write(container, "line of "+container)
	}
}

// agentElsewhere pretends that an agent runs outside of the cluster, for the doctor: none
// does, or the state of the examples would not stay.
func (s *exampleState) agentElsewhere(t *testing.T) {
	t.Helper()
	const namespace, name = "carto-system", "carto-agent"
	harness.ApplyYAML(t, s.cp.Config, "", `apiVersion: v1
kind: Namespace
metadata: {name: carto-system}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: carto-agent, namespace: carto-system}
spec: {holderIdentity: examples, leaseDurationSeconds: 3600, renewTime: "`+time.Now().UTC().Format("2006-01-02T15:04:05.000000Z")+`"}
`)
	t.Cleanup(func() {
		if err := s.core.CoordinationV1().Leases(namespace).Delete(context.Background(), name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
}

// prepare brings the cluster into the state of the examples, but for one object
// (resource/name).
func (s *exampleState) prepare(t *testing.T, without string) {
	t.Helper()
	harness.ApplyYAML(t, s.cp.Config, "", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n")
	harness.ApplyYAML(t, s.cp.Config, "", strings.ReplaceAll(readFile(t, "testdata/examples/cluster.yaml"), "NODE", s.node))
	for _, doc := range strings.Split(readFile(t, "testdata/examples/owners.yaml"), "\n---\n") {
		var wanted unstructured.Unstructured
		if err := yaml.Unmarshal([]byte(doc), &wanted.Object); err != nil {
			t.Fatal(err)
		}
		s.own(t, &wanted, without)
	}
	s.adopted(t)
	// Examples and scripts install agents, which no node runs.
	deployments := s.core.AppsV1().Deployments
	agents, err := deployments(metav1.NamespaceAll).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=carto-agent"})
	if err != nil {
		t.Fatal(err)
	}
	for _, agent := range agents.Items {
		if err := deployments(agent.Namespace).Delete(t.Context(), agent.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Fatal(err)
		}
	}
}

// own makes an owner anew, by the field manager of the plugin, which made it in the stories
// of the examples; and the status that the agent writes, with an event.
func (s *exampleState) own(t *testing.T, wanted *unstructured.Unstructured, without string) {
	t.Helper()
	resource := strings.ToLower(wanted.GetKind()) + "s"
	client := s.client.Resource(v1alpha1.GroupVersion.WithResource(resource)).Namespace(wanted.GetNamespace())
	if err := client.Delete(t.Context(), wanted.GetName(), metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		t.Fatal(err)
	}
	if resource+"/"+wanted.GetName() == without {
		return
	}
	status := jsonMap(wanted.Object["status"].(map[string]any))
	delete(wanted.Object, "status")
	made, err := client.Apply(t.Context(), wanted.GetName(), wanted, metav1.ApplyOptions{FieldManager: cmdutil.FieldManager})
	if err != nil {
		t.Fatal(err)
	}
	status["observedGeneration"] = made.GetGeneration()
	made.Object["status"] = status
	if made, err = client.UpdateStatus(t.Context(), made, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	event := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{GenerateName: made.GetName() + "-"},
		InvolvedObject: corev1.ObjectReference{
			APIVersion: made.GetAPIVersion(), Kind: made.GetKind(), Namespace: made.GetNamespace(), Name: made.GetName(), UID: made.GetUID(),
		},
		Type: corev1.EventTypeWarning, Reason: "TestsFailed", Message: "the tests failed", LastTimestamp: metav1.Now(), Count: 1,
	}
	if _, err := s.core.CoreV1().Events(made.GetNamespace()).Create(t.Context(), event, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// adopted waits until the controllers have made one family of the Deployment, the
// ReplicaSet and the pod: owner references need UIDs, which no file can know. A pod that the
// ReplicaSet makes before it sees ours goes again, because it is on no node.
func (s *exampleState) adopted(t *testing.T) {
	t.Helper()
	harness.Eventually(t, 30*time.Second, func() error {
		pods, err := s.core.CoreV1().Pods("shop").List(t.Context(), metav1.ListOptions{LabelSelector: "app=cart"})
		if err != nil {
			return err
		}
		sets, err := s.core.AppsV1().ReplicaSets("shop").List(t.Context(), metav1.ListOptions{LabelSelector: "app=cart"})
		if err != nil {
			return err
		}
		if len(pods.Items) != 1 || len(sets.Items) != 1 || metav1.GetControllerOf(&pods.Items[0]) == nil || metav1.GetControllerOf(&sets.Items[0]) == nil {
			return fmt.Errorf("%d pods and %d ReplicaSets, or they are not adopted", len(pods.Items), len(sets.Items))
		}
		return nil
	})
}

// leave removes what is on the node, which goes with the test.
func (s *exampleState) leave(t *testing.T) {
	t.Helper()
	ctx, now := context.Background(), int64(0)
	for _, err := range []error{
		s.core.AppsV1().Deployments("shop").DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}),
		s.core.AppsV1().ReplicaSets("shop").DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}),
		s.core.CoreV1().Pods("shop").DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: &now}, metav1.ListOptions{}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serveExampleRegistry serves the registry of the examples on loopback, and returns the
// environment in which a program finds it there under its own name: a proxy, and the
// registry's certificate.
func serveExampleRegistry(t *testing.T) []string {
	t.Helper()
	const name = "registry.example"
	certified, err := registry.TLS(name) // for its certificate only: it logs
	if err != nil {
		t.Fatal(err)
	}
	certified.Close()
	server := httptest.NewUnstartedServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	server.TLS = &tls.Config{Certificates: certified.TLS.Certificates}
	server.StartTLS()
	t.Cleanup(server.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || r.Host != name+":443" {
			http.Error(w, "only "+name+" is behind this proxy", http.StatusForbidden)
			return
		}
		tunnel(w, server.Listener.Addr().String())
	}))
	t.Cleanup(proxy.Close)
	certificate := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(certificate, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"HTTPS_PROXY=" + proxy.URL, "CARTO_REGISTRY_CA_CERT=" + certificate}
}

// tunnel carries bytes between a client of a proxy and a server until one of them ends.
func tunnel(w http.ResponseWriter, address string) {
	to, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = to.Close() }()
	// The answer comes after the hijacking, or the server could swallow the first bytes.
	from, sent, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = from.Close() }()
	if _, err := io.WriteString(from, "HTTP/1.1 200 OK\r\n\r\n"); err != nil {
		return // the client has gone
	}
	up := make(chan struct{})
	go func() {
		defer close(up)
		_, _ = io.Copy(to, sent) // either side may hang up at any time
		_ = to.Close()
	}()
	_, _ = io.Copy(from, to)
	_ = from.Close()
	<-up
}
