package testenv

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
)

// StartPostgresStandby starts a hot standby of a server that [StartPostgres] has started, and returns once it answers. The standby
// then has what the primary had, and follows it. [Service.Address] is its superuser's DSN. ctx bounds the start alone; end the
// service by [Service.Close], and the primary after it.
func StartPostgresStandby(ctx context.Context, primary *Service) (*Service, error) {
	paths, err := locate(ctx, postgresProgram("pg_basebackup"), postgresProgram("postgres"))
	if err != nil {
		return nil, fmt.Errorf("starting a standby: %w", err)
	}
	s, err := newService("standby")
	if err != nil {
		return nil, err
	}
	if err := s.prepareStandby(ctx, paths[0], paths[1], primary.Address()); err != nil {
		return nil, errors.Join(fmt.Errorf("starting a standby: %w", err), s.Close())
	}
	return s.launch(ctx)
}

// prepareStandby copies the primary. The program itself tells the copy that it is a standby, and the name of its primary.
func (s *Service) prepareStandby(ctx context.Context, basebackup, postgres, primary string) error {
	ports, err := freePorts(ctx, 1)
	if err != nil {
		return err
	}
	data := filepath.Join(s.dir, "data")
	copying := s.command
	copying.path = basebackup
	copying.args = []string{"--pgdata=" + data, "--dbname=" + primary, "--write-recovery-conf", "--checkpoint=fast", "--no-sync"}
	if err := copying.run(ctx); err != nil {
		return fmt.Errorf("copying its primary: %w", err)
	}
	s.servePostgres(postgres, data, ports[0], "64MB")
	return nil
}
