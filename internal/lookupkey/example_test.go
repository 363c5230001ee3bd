package lookupkey_test

import (
	"fmt"

	"github.com/loaderline/loaderline/internal/lookupkey"
)

func ExampleType_Canonical() {
	for _, raw := range []string{`123`, `"00123"`, `"abc"`} {
		key, err := lookupkey.Bigint.Canonical([]byte(raw))
		fmt.Println(key, err)
	}
	// Output:
	// 123 <nil>
	// 123 <nil>
	//  "abc" is not a bigint
}

func ExampleTypes_Canonical() {
	types := lookupkey.Types{lookupkey.Text, lookupkey.Bigint}
	key, err := types.Canonical([]byte(`"t1"`), []byte(`"5"`))
	fmt.Println(key, err)
	// Output: ["t1",5] <nil>
}
