package consumer

// Balancer is how a session's group is balanced.
var Balancer = balancer
