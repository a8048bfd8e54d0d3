// Greeter is a small operator as Kubebuilder would make it: a manager with a cache, leader election, a reconciler of a custom
// resource, and server-side apply. `greeter typed` does once what programs do with client-go alone.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

func main() {
	ctrl.SetLogger(zap.New())
	ctx := ctrl.SetupSignalHandler()
	run := operate
	if len(os.Args) > 1 && os.Args[1] == "typed" {
		run = typed
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func operate(ctx context.Context) error {
	scheme := clientgoscheme.Scheme
	if err := schemeBuilder.AddToScheme(scheme); err != nil {
		return err
	}
	lease, renew, retry := 6*time.Second, 4*time.Second, 500*time.Millisecond
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), manager.Options{
		Scheme:                        scheme,
		Metrics:                       server.Options{BindAddress: "0"},
		LeaderElection:                true,
		LeaderElectionID:              "greeter",
		LeaderElectionNamespace:       "default",
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &lease,
		RenewDeadline:                 &renew,
		RetryPeriod:                   &retry,
	})
	if err != nil {
		return err
	}
	r := &reconciler{Client: mgr.GetClient(), recorder: mgr.GetEventRecorder("greeter")}
	if err := r.setup(mgr); err != nil {
		return err
	}
	go func() {
		<-mgr.Elected()
		fmt.Println("elected")
	}()
	return mgr.Start(ctx)
}

func typed(ctx context.Context) error {
	config := ctrl.GetConfigOrDie()
	for _, contentType := range []string{"application/json", "application/vnd.kubernetes.protobuf"} {
		config.ContentType = contentType
		config.AcceptContentTypes = contentType + ",application/json"
		clients, err := kubernetes.NewForConfig(config)
		if err != nil {
			return err
		}
		if err := useTypedClients(ctx, clients); err != nil {
			return fmt.Errorf("%s: %w", contentType, err)
		}
		fmt.Println(contentType, "works")
	}
	return nil
}
