package guardedhttp_test

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/loaderline/loaderline/internal/guardedhttp"
)

func TestBlockedAddresses(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"169.254.169.254": true, "169.254.0.1": true, "::ffff:169.254.169.254": true, "fe80::1": true, "fe80::1%eth0": true,
		"64:ff9b::a9fe:a9fe": true, "2002:a9fe:a9fe::1": true, "::a9fe:a9fe": true, "fd00:ec2::254": true, "fd20:ce::254": true,
		"100.100.100.200": true, "168.63.129.16": true, "192.0.0.192": true, "0.0.0.0": true, "::": true, "::ffff:0.0.0.0": true,
		"224.0.0.1": true, "ff02::1": true, "255.255.255.255": true,
		"64:ff9b:1::a9fe:a9fe": true, "64:ff9b:1:a9fe:a9:fe00::": true, "64:ff9b:1::808:808": true, "2001::1": true,
		"2001:0:a9fe:a9fe::1": true, "2001:0:808:808:0:ffff:5601:5601": true, "::ffff:0:a9fe:a9fe": true, "2002:6464:64c8::": true,
		"2001:db8::5efe:a9fe:a9fe": true, "2001:db8::200:5efe:a9fe:a9fe": true, "2001:db8::5efe:808:808": false, "2001:1::1": false,
		"64:ff9c::a9fe:a9fe": false, "::ffff:0:808:808": false, "2002:808:808::1": false,
		"127.0.0.1": false, "::1": false, "10.0.0.1": false, "192.168.1.1": false, "172.16.0.1": false, "fd00::1": false,
		"8.8.8.8": false, "2001:4860:4860::8888": false, "64:ff9b::808:808": false,
	} {
		if got := guardedhttp.Blocked(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: blocked is %v, want %v", address, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) string { return now.Add(d).Format(http.TimeFormat) }
	for _, tc := range []struct {
		after, date string
		want        time.Duration
	}{
		{"30", "", 30 * time.Second},
		{" 0 ", "", 0},
		{"", "", 0},
		{"-5", "", 0},
		{"soon", "", 0},
		{"99999999999999999999999", "", 24 * time.Hour},
		{"9223372036854775807", "", 24 * time.Hour},
		{at(time.Minute), "", time.Minute},
		{at(-time.Minute), "", 0},
		{at(time.Minute), at(-time.Hour), time.Hour + time.Minute}, // A service whose clock is slow.
		{at(1000 * time.Hour), at(0), 24 * time.Hour},
	} {
		header := http.Header{"Retry-After": {tc.after}}
		if tc.date != "" {
			header.Set("Date", tc.date)
		}
		if got := guardedhttp.RetryAfter(header, now); got != tc.want {
			t.Errorf("Retry-After %q at %q is %v, want %v", tc.after, tc.date, got, tc.want)
		}
	}
}
