import type { NodeRole } from '../src/analytics/nodes.ts'

/** What an analytics API says of a node, and what is wrong with it then. */
export interface NodeCase {
  says: string
  role?: NodeRole
  uve: Record<string, Record<string, unknown>>
  problems: string[]
  means?: Record<string, unknown>
}

const works = { module_id: 'agent', state: 'Functional' }
const runs = { process_name: 'agent', process_state: 'PROCESS_STATE_RUNNING' }

export const nodeCases: NodeCase[] = [
  { says: 'nothing', uve: {}, problems: ['reports no status'], means: { version: undefined, downInterfaces: 0, machines: 0 } },
  { says: 'a status without anything', uve: { NodeStatus: {} }, problems: ['no module reports its state'] },
  { says: 'no modules', uve: { NodeStatus: { process_status: [] } }, problems: ['no module reports its state'] },
  { says: 'that all is well', uve: { NodeStatus: { process_status: [works], process_info: [runs] } }, problems: [] },
  { says: 'that it is gone', uve: { NodeStatus: { deleted: true, process_status: [works] } }, problems: ['is gone'] },
  {
    says: 'a module that does not work, without a reason',
    uve: { NodeStatus: { process_status: [{ module_id: 'agent', state: 'Non-Functional' }] } },
    problems: ['agent is Non-Functional'],
  },
  {
    says: 'a module that does not work, with its connections',
    uve: {
      NodeStatus: {
        process_status: [
          {
            module_id: 'agent',
            state: 'Non-Functional',
            description: 'XMPP',
            connection_infos: [
              { type: 'Collector', name: 'one', status: 'Up' },
              { type: 'XMPP', name: 'two', status: 'Down' },
              { type: 'DNS', server_addrs: ['10.0.0.1:53', '10.0.0.2:53'], status: 'Initializing' },
              { type: 'Database', status: 'Down' },
            ],
          },
        ],
      },
    },
    problems: ['agent is Non-Functional: XMPP; XMPP two is Down; DNS 10.0.0.1:53 10.0.0.2:53 is Initializing; Database is Down'],
  },
  {
    says: 'a process that has stopped and one that has crashed',
    uve: {
      NodeStatus: {
        process_status: [works],
        process_info: [
          { process_name: 'dns', process_state: 'PROCESS_STATE_EXITED' },
          { ...runs, core_file_list: ['a', 'b'] },
        ],
      },
    },
    problems: ['dns is PROCESS_STATE_EXITED', 'agent has left 2 core files'],
  },
  {
    says: 'what a vRouter is',
    uve: {
      NodeStatus: { process_status: [works] },
      VrouterAgent: {
        build_info: '{"build-info": [{"build-version": "21.4"}]}',
        tunnel_type: 'MPLSoUDP',
        down_interface_count: 2,
        virtual_machine_list: ['a'],
      },
    },
    problems: [],
    means: { version: '21.4', tunnelType: 'MPLSoUDP', downInterfaces: 2, machines: 1 },
  },
  ...['{"build-info": [{"build-version": 5}]}', '{"build-info": []}', '{}', '{', ''].map((build_info) => ({
    says: `a build of ${build_info}`,
    uve: { NodeStatus: { process_status: [works] }, VrouterAgent: { build_info } },
    problems: [],
    means: { version: undefined },
  })),
]
