package chaos

import (
	"context"
	"time"
)

// passwordChanged changes the password under processes that cannot know the new one. Each has to end and say why. Their
// supervisor starts them again, with the new password.
var passwordChanged = Fault{
	Name: "password changed",
	Inject: func(ctx context.Context, r *Round) error {
		return r.allGiveUp(ctx, func() error { return r.renewPassword(ctx) }, "uthenti")
	},
	Heal: func(ctx context.Context, r *Round) error { return r.muster(ctx) },
}

// passwordFileChanged changes the password under processes that find the new one in the same file as the old one.
var passwordFileChanged = Fault{
	Name: "password changed, in its file too",
	Inject: func(ctx context.Context, r *Round) error {
		if err := r.renewPassword(ctx); err != nil {
			return err
		}
		return pause(ctx, 2*loginAgain) // Each connection has logged in again.
	},
}

// certificateRenewed renews the certificate of processes before their old one ends. After its end it makes them connect
// again.
var certificateRenewed = Fault{
	Name: "certificate renewed",
	Inject: func(ctx context.Context, r *Round) error {
		ends := r.certified
		if err := r.renewCertificate(time.Hour); err != nil {
			return err
		}
		if err := pause(ctx, time.Until(ends)+time.Second); err != nil {
			return err
		}
		return r.lane.links["kafka by certificate"].cut()
	},
	Heal: func(_ context.Context, r *Round) error { return r.lane.links["kafka by certificate"].restore() },
}
