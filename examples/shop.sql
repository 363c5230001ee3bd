-- A small shop to try a pipeline with: 1,000 users, their purchases, and reviews of 200 products.
CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, email text NOT NULL, tier text NOT NULL);
INSERT INTO users
SELECT n, 'User ' || n, 'user' || n || '@example.com', (ARRAY['free', 'plus', 'pro'])[1 + n % 3]
FROM generate_series(0, 999) AS n;

CREATE TABLE purchases (
    id bigint PRIMARY KEY, user_id bigint NOT NULL, product_id bigint NOT NULL,
    amount_cents bigint NOT NULL, purchased_at timestamptz NOT NULL
);
INSERT INTO purchases
SELECT row_number() OVER (), u, (u * 31 + n * 17) % 200, 500 + (u * 97 + n * 13) % 20000, '2026-01-01T00:00:00Z'::timestamptz + (u * 60 + n) * interval '1 minute'
FROM generate_series(0, 999) AS u, generate_series(1, 6) AS n
WHERE n <= u % 7;
CREATE INDEX ON purchases (user_id);

CREATE TABLE reviews (id bigint PRIMARY KEY, product_id bigint NOT NULL, rating int NOT NULL, body text NOT NULL);
INSERT INTO reviews
SELECT row_number() OVER (), p, 1 + (p * 7 + n) % 5, 'Review ' || n || ' of product ' || p
FROM generate_series(0, 199) AS p, generate_series(1, 6) AS n
WHERE n <= p % 7;
CREATE INDEX ON reviews (product_id);
