package harness

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

func newClient(t *testing.T, cp *ControlPlane) kubernetes.Interface {
	t.Helper()
	client, err := kubernetes.NewForConfig(cp.Config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestServesTheVersionItSays(t *testing.T) {
	version, err := newClient(t, Shared(t)).Discovery().ServerVersion()
	if err != nil {
		t.Fatal(err)
	}
	if version.GitVersion != "v1.36.3" {
		t.Errorf("the version is %s, want v1.36.3", version.GitVersion)
	}
}

const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: nowhere.invalid/web}]}
`

func TestDeploymentGetsReplicaSet(t *testing.T) {
	cp := Shared(t)
	namespace := Namespace(t, cp)
	ApplyYAML(t, cp.Config, namespace, deployment)
	Eventually(t, 20*time.Second, func() error {
		sets, err := newClient(t, cp).AppsV1().ReplicaSets(namespace).List(context.Background(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		if len(sets.Items) != 1 || sets.Items[0].Status.Replicas != 2 {
			return fmt.Errorf("%d replica sets, or without their pods", len(sets.Items))
		}
		return nil
	})
}

func TestGarbageCollection(t *testing.T) {
	cp := Shared(t)
	namespace := Namespace(t, cp)
	ctx := context.Background()
	maps := newClient(t, cp).CoreV1().ConfigMaps(namespace)
	owner, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	owned := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name:            "owned",
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "owner", UID: owner.UID}},
	}}
	if _, err := maps.Create(ctx, owned, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := maps.Delete(ctx, "owner", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	Eventually(t, 30*time.Second, func() error {
		_, err := maps.Get(ctx, "owned", metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("the owned object is still there (%v)", err)
	})
}

func TestRestartsInPlace(t *testing.T) {
	cp := New(t, Options{})
	ctx := context.Background()
	client := newClient(t, cp)
	namespace := Namespace(t, cp)
	exists := func() error {
		_, err := client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{})
		return err
	}
	steps := []struct {
		name  string
		do    func() error
		check func() error
	}{
		{"the API server stops", func() error { return cp.StopAPIServer(ctx) }, func() error {
			if err := exists(); !errors.Is(err, syscall.ECONNREFUSED) {
				return fmt.Errorf("want a refused connection, have %v", err)
			}
			return nil
		}},
		{"the API server starts at the same URL", func() error { return cp.StartAPIServer(ctx) }, exists},
		{"the API server crashes", func() error { return cp.KillComponent(ctx, APIServer) }, nil},
		{"and starts", func() error { return cp.StartAPIServer(ctx) }, exists},
		{"etcd restarts", func() error { return cp.RestartComponent(ctx, Etcd) }, func() error {
			return poll(ctx, 20*time.Second, exists)
		}},
		{"what runs is not started twice", func() error {
			if err := cp.StartAPIServer(ctx); err == nil || !strings.Contains(err.Error(), "already running") {
				return fmt.Errorf("want it to say so, have %v", err)
			}
			return nil
		}, nil},
	}
	for _, step := range steps {
		start := time.Now()
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		t.Logf("%s: %s", step.name, time.Since(start).Round(time.Millisecond))
		if step.check == nil {
			continue
		}
		if err := step.check(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
	}
}

func TestFailedStartShowsTheLog(t *testing.T) {
	if testing.Short() {
		t.Skip("starts etcd")
	}
	cp, err := Start(t.Context(), Options{DataDir: t.TempDir(), ExtraArgs: []string{"--apiserver-arg=--no-such-flag"}})
	if err == nil {
		_ = cp.Stop()
		t.Fatal("it started")
	}
	for _, want := range []string{APIServer, "unknown flag: --no-such-flag", "kube-apiserver.log"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in: %v", want, err)
		}
	}
}

func TestMissingBinary(t *testing.T) {
	t.Setenv("CARTO_CONTROLPLANE", "")
	root := t.TempDir()
	for _, path := range []string{"go.mod", "test/harness/doc.go"} {
		if err := os.MkdirAll(root+"/test/harness", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+"/"+path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(root)
	if _, err := Start(t.Context(), Options{}); err == nil || !strings.Contains(err.Error(), "make bin/controlplane") {
		t.Errorf("want a hint at make, have %v", err)
	}
}
