import { z } from 'zod';
import { architectureSchema, VERSION } from '../src/index.js';
import type { AccessTable } from './identity/access.js';
import { securitySchemes, withAccess, type Operation } from './openapi-access.js';
import { FILE_TYPES } from './file-types.js';
import { IDEMPOTENCY_KEY } from './jobs/idempotency-key.js';
import {
  jobEventSchema,
  jobListSchema,
  jobQuerySchema,
  jobRequestSchema,
  jobSchema,
  listedJobSchema,
} from './jobs/job-schemas.js';
import { PROBLEMS } from './problems.js';
import { PROVENANCE_HEADERS } from './provenance-headers.js';
import {
  architectureChoiceSchema,
  flowChangesSchema,
  flowListSchema,
  flowSchema,
  listedFlowSchema,
  liveSchema,
  networkRecordSchema,
  networkRequestSchema,
  networksSchema,
  problemSchema,
  readySchema,
} from './schemas.js';

const schemas = {
  Architecture: architectureSchema,
  ArchitectureChoice: architectureChoiceSchema,
  NetworkRequest: networkRequestSchema,
  NetworkRecord: networkRecordSchema,
  Networks: networksSchema,
  Flow: flowSchema,
  ListedFlow: listedFlowSchema,
  FlowList: flowListSchema,
  FlowChanges: flowChangesSchema,
  JobRequest: jobRequestSchema,
  ListedJob: listedJobSchema,
  Job: jobSchema,
  JobList: jobListSchema,
  JobEvent: jobEventSchema,
  Live: liveSchema,
  Ready: readySchema,
  Problem: problemSchema,
};

type SchemaName = keyof typeof schemas;

/**
 * The service in OpenAPI 3.1, from the schemas that validate requests.
 *
 * @param access - of the operations that the service has; others are left out
 */
export function openApiDocument(access: AccessTable): Readonly<Record<string, unknown>> {
  return {
    openapi: '3.1.0',
    info: {
      title: 'weightspring',
      version: VERSION,
      description: 'Fresh neural networks, sampled from flows over trained weights.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    paths: withAccess(access, problems, {
      '/v1/networks': { post: generateNetworks },
      '/v1/networks/{id}': { get: getNetwork, delete: deleteNetwork },
      '/v1/flows': { get: operation('listFlows', 'The flows', { 200: json('FlowList') }) },
      '/v1/flows/reload': {
        post: operation('reloadFlows', 'Read the models folders again', {
          200: json('FlowChanges'),
          ...problems(503),
        }),
      },
      '/v1/flows/{name}': {
        get: {
          ...operation('getFlow', 'One flow', { 200: json('Flow'), ...problems(404) }),
          parameters: [pathParameter('name')],
        },
      },
      '/v1/jobs': { post: acceptJob, get: listJobs },
      '/v1/jobs/{id}': { get: getJob, delete: cancelJob },
      '/v1/jobs/{id}/events': { get: followJob },
      '/v2/health/live': { get: operation('live', 'The service runs', { 200: json('Live') }) },
      '/v2/health/ready': {
        get: operation('ready', 'It can answer', { 200: json('Ready'), 503: json('Ready') }),
      },
      '/metrics': { get: metrics },
    }),
    components: { schemas: componentSchemas(), securitySchemes },
  };
}

const file = { schema: { type: 'string', format: 'binary' } };
const fileContent = Object.fromEntries(FILE_TYPES.map((type) => [type, file]));

/** Headers of every answer. */
const commonHeaders = {
  'X-Request-Id': {
    description: 'Id of the request in the log: the one that was sent, or a new one.',
    schema: { type: 'string' },
  },
  'Cache-Control': {
    description: 'no-store, except for kept files, whose address is a digest.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'Limits of the client, if any: draft-ietf-httpapi-ratelimit-headers-09.',
    schema: { type: 'string' },
  },
  RateLimit: {
    description: 'What is left of these limits.',
    schema: { type: 'string' },
  },
};

const retryAfterHeader = {
  'Retry-After': {
    description: 'Seconds after which to retry, if waiting helps.',
    schema: { type: 'integer' },
  },
};

const challengeHeader = {
  'WWW-Authenticate': {
    description: 'Bearer, with what is wrong with the key (RFC 6750).',
    schema: { type: 'string' },
  },
};

/** Headers of answers that refuse a request, by status. */
const refusalHeaders: Readonly<Record<number, object>> = {
  401: challengeHeader,
  403: challengeHeader,
  429: retryAfterHeader,
  503: retryAfterHeader,
};

const negotiatedHeaders = {
  ...commonHeaders,
  Vary: {
    description: 'Accept: the same address has several representations.',
    schema: { type: 'string' },
  },
};

const extrapolatedHeader = provenanceHeader('extrapolated');

const fileHeaders = {
  ...negotiatedHeaders,
  ETag: {
    description: 'The digest of a file; absent for a description in JSON.',
    schema: { type: 'string' },
  },
  'Content-Disposition': {
    description: 'The name of a file; absent for a description in JSON.',
    schema: { type: 'string' },
  },
};

const locationHeader = {
  Location: {
    description:
      'Where the file can be fetched again; absent if it is not kept, and for a description of ' +
      'several networks in JSON, which has their addresses.',
    schema: { type: 'string' },
  },
};

/** Statuses of any request: unreadable HTTP, and failures of the service. */
const ANYWHERE = [400, 408, 417, 431, 500] as const;

const generateNetworks = {
  ...operation('generateNetworks', 'Generate networks', {
    200: {
      description:
        'One network or one ensemble as a file, several networks as a zip file with ' +
        'manifest.json; ' +
        'their description for clients that accept JSON only.',
      headers: {
        ...provenanceHeader('seed'),
        ...extrapolatedHeader,
        ...fileHeaders,
        ...locationHeader,
      },
      content: { ...fileContent, ...json('Networks').content },
    },
    202: acceptedJob(),
    ...problems(...anyStatus()),
  }),
  parameters: [
    headerParameter('Prefer', 'respond-async: answer with a job, where the service keeps jobs.'),
    idempotencyParameter(),
  ],
  requestBody: { required: true, content: json('NetworkRequest').content },
};

const acceptJob = {
  ...operation('acceptJob', 'Have a request answered later', {
    202: acceptedJob(),
    ...problems(404, 408, 413, 415, 422, 429, 503),
  }),
  parameters: [idempotencyParameter()],
  requestBody: { required: true, content: json('JobRequest').content },
};

const listJobs = {
  ...operation('listJobs', 'Jobs, newest first', { 200: json('JobList'), ...problems(404, 422) }),
  parameters: queryParameters(jobQuerySchema),
};

const getJob = {
  ...operation('getJob', 'One job', { 200: json('Job'), ...problems(404) }),
  parameters: [pathParameter('id')],
};

const cancelJob = {
  ...operation('cancelJob', 'Cancel a job; one that has ended stays as it is', {
    200: json('Job'),
    ...problems(404),
  }),
  parameters: [pathParameter('id')],
};

const followJob = {
  ...operation('followJob', 'What happens to a job, until it ends', {
    200: {
      description:
        'Server-sent events, from the acceptance of the job on; each is named after the state and ' +
        'has a number as its id, and a JobEvent as its data.',
      headers: commonHeaders,
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    204: {
      description: 'The job has ended, and the client has all events.',
      headers: commonHeaders,
    },
    ...problems(404, 406, 429),
  }),
  parameters: [
    pathParameter('id'),
    headerParameter('Last-Event-ID', 'The last event that the client has: only later ones come.'),
  ],
};

const getNetwork = {
  ...operation('getNetwork', 'A file generated before, while it is kept', {
    200: {
      description: 'The file, or its description for clients that accept JSON only.',
      headers: { ...extrapolatedHeader, ...fileHeaders },
      content: { ...fileContent, ...json('NetworkRecord').content },
    },
    304: {
      description: 'The client has the file named by If-None-Match.',
      headers: { ...negotiatedHeaders, ...extrapolatedHeader, ETag: fileHeaders.ETag },
    },
    ...problems(404, 406, 503),
  }),
  parameters: [pathParameter('id')],
};

const deleteNetwork = {
  ...operation('deleteNetwork', 'Keep a file no longer', {
    204: { description: 'It is deleted, for the key of the request.', headers: commonHeaders },
    ...problems(404),
  }),
  parameters: [pathParameter('id')],
};

const metrics = operation('metrics', 'Figures for Prometheus', {
  200: {
    description: 'The text format of Prometheus.',
    content: { 'text/plain': { schema: { type: 'string' } } },
  },
});

function operation(
  operationId: string,
  summary: string,
  responses: Operation['responses'],
): Operation {
  return { operationId, summary, responses: { ...responses, ...problems(...ANYWHERE) } };
}

function json(name: SchemaName) {
  return {
    description: name,
    headers: commonHeaders,
    content: { 'application/json': { schema: reference(name) } },
  };
}

function provenanceHeader(field: keyof typeof PROVENANCE_HEADERS) {
  const { name, description, type } = PROVENANCE_HEADERS[field];
  return { [name]: { description, schema: { type } } };
}

/** All statuses of the table of problems, except that of unsupported methods, which are no operations. */
function anyStatus(): readonly number[] {
  const statuses = Object.values(PROBLEMS).map(({ status }) => status);
  return [...new Set(statuses)].filter(
    (status) => status !== PROBLEMS['method-not-allowed'].status,
  );
}

/** Problem documents by status, with the meanings of each status. */
function problems(...statuses: readonly number[]): Readonly<Record<number, unknown>> {
  const content = { 'application/problem+json': { schema: reference('Problem') } };
  return Object.fromEntries(
    statuses.map((status) => {
      const titles = Object.values(PROBLEMS).flatMap((problem) =>
        problem.status === status ? [problem.title] : [],
      );
      const description = [...new Set(titles)].join('; or: ');
      const headers = { ...commonHeaders, ...refusalHeaders[status] };
      return [status, { description, headers, content }];
    }),
  );
}

function pathParameter(name: string) {
  return { name, in: 'path', required: true, schema: { type: 'string' } };
}

function headerParameter(name: string, description: string) {
  return { name, in: 'header', description, schema: { type: 'string' } };
}

function idempotencyParameter() {
  return headerParameter(
    IDEMPOTENCY_KEY,
    'For a job: a second request with the same key and body gets the same job. A string as in ' +
      'RFC 9651, or without its quotes.',
  );
}

/** The parameters that a query may have, from the schema that validates them. */
function queryParameters(schema: z.ZodType) {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input' });
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: 'query',
    schema: property,
  }));
}

/** The answer to what has become a job. */
function acceptedJob() {
  const { Location } = locationHeader;
  return {
    ...json('Job'),
    description: 'The job, which is on the disk and survives the end of the service.',
    headers: { ...commonHeaders, Location: { ...Location, description: 'The job.' } },
  };
}

function reference(name: string): { $ref: string } {
  return { $ref: `#/components/schemas/${name}` };
}

/** The schemas as JSON Schema, referring to each other where they nest. */
function componentSchemas(): Readonly<Record<string, unknown>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const converted = z.toJSONSchema(registry, { io: 'input', uri: (id) => reference(id).$ref });
  return Object.fromEntries(
    Object.entries(converted.schemas).map(([name, schema]) => {
      const component: Record<string, unknown> = { ...schema };
      // In OpenAPI, the place of a schema is its name, and the dialect is set globally.
      delete component.$id;
      delete component.$schema;
      return [name, component];
    }),
  );
}
