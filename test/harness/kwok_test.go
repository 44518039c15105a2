package harness

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const job = `
apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: once, image: nowhere.invalid/once}]
`

func TestPodsRunOnKwok(t *testing.T) {
	cp := New(t, Options{})
	ctx := context.Background()
	kwok, err := cp.StartNodes(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = kwok.Stop() })
	namespace := Namespace(t, cp)
	ApplyYAML(t, cp.Config, namespace, deployment+"---"+job)
	start := time.Now()
	client := newClient(t, cp)
	Eventually(t, 60*time.Second, func() error {
		d, err := client.AppsV1().Deployments(namespace).Get(ctx, "web", metav1.GetOptions{})
		if err != nil {
			return err
		}
		j, err := client.BatchV1().Jobs(namespace).Get(ctx, "once", metav1.GetOptions{})
		if err != nil {
			return err
		}
		if d.Status.AvailableReplicas != 2 || j.Status.Succeeded != 1 {
			return fmt.Errorf("%d pods available, %d jobs succeeded", d.Status.AvailableReplicas, j.Status.Succeeded)
		}
		return nil
	})
	t.Logf("everything ran after %s", time.Since(start).Round(time.Millisecond))
}
