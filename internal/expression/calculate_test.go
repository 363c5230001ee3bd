package expression_test

import "math/big"

// calculate returns the sum, difference and product of two numbers, and whether all of them have at most 64 bits.
func calculate(a, b int) (results [3]any, fit bool) {
	x, y := big.NewInt(int64(a)), big.NewInt(int64(b))
	for i, n := range []*big.Int{new(big.Int).Add(x, y), new(big.Int).Sub(x, y), new(big.Int).Mul(x, y)} {
		if !n.IsInt64() {
			return results, false
		}
		results[i] = int(n.Int64())
	}
	return results, true
}
